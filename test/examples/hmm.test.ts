import { testExpected } from './example.ts';

testExpected('hmm');
