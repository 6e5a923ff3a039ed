import { testExpected } from './example.ts';

testExpected('local_level');
