import { testExpected } from './example.ts';

testExpected('gmm_full');
