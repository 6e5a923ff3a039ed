import { testExpected } from './example.ts';

testExpected('boltzmann');
