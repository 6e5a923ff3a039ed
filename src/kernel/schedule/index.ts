// The schedule, in order, each pass with the reason for its place: which loops are merged, run by threads, run as vectors. In:
// fused kernels. Out: the same with loops in the order and with the marks that a renderer follows.
import type { KernelPass } from '../fuse/index.ts';

export const schedulePasses: readonly KernelPass[] = [];
