// Every workload. A new one is a line here and a function of the same name in peers.py.
import type { Workload } from '../workload.ts';
import { em, lloyd, lloydIteration } from './alternation.ts';
import { contraction } from './contraction.ts';
import { elementwise } from './elementwise.ts';
import { elimination } from './elimination.ts';
import { fista } from './fista.ts';
import { forwardBackward } from './forward-backward.ts';
import { network } from './network.ts';

export const workloads: readonly Workload[] = [
  lloyd,
  lloydIteration,
  em,
  forwardBackward,
  fista,
  contraction,
  elementwise,
  network,
  elimination,
];
