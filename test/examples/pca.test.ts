import { testExpected } from './example.ts';

testExpected('pca');
