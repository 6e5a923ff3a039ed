import { testExpected } from './example.ts';

testExpected('kmeans');
