import { testExpected } from './example.ts';

testExpected('ellipse');
