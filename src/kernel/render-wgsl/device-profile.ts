// What rendering needs to know of a device. In: the limits of an adapter, and whether it computes on the processor. Out: sizes of
// workgroups and the costs by which kernels are given to invocations, to workgroups, or to one workgroup that goes through all.

export interface DeviceProfile {
  /** Invocations of a workgroup whose invocations work together, and of one whose invocations don't know each other. */
  readonly lanes: number;
  readonly apart: number;
  /** Workgroups of a dispatch along one dimension. */
  readonly mostGroups: number;
  /** Workgroups at work at once, and the operations of one of them at once. */
  readonly groups: number;
  readonly width: number;
  /** What a barrier and a dispatch take, in operations of one invocation. */
  readonly barrier: number;
  readonly dispatch: number;
  /** Operations after which a dispatch should come to its end: a driver takes the device from those that hold it for seconds. */
  readonly longest: number;
  /** Operations of a routine on one matrix beyond which the host does it, after reading its arguments back. */
  readonly routine: number;
  /** Whether memory of a workgroup is faster than that of the device. */
  readonly fastShared: boolean;
}

/** SwiftShader runs the lanes of a workgroup in vectors of 4, one workgroup a thread, and switches between them at barriers:
 *  70 ns a lane; a dispatch takes 20 µs, an operation about 5 ns (measured on two cores). */
const software = {
  lanes: 64,
  groups: 2,
  width: 4,
  barrier: 1000,
  dispatch: 4000,
  longest: 2 ** 24,
  routine: 5000,
  fastShared: false,
};
const hardware = { lanes: 256, groups: 128, width: 256, barrier: 60, dispatch: 4000, longest: 2 ** 26, routine: 200_000, fastShared: true }; // prettier-ignore

export const profileOf = (limits: Readonly<Record<string, number>>, onProcessor: boolean): DeviceProfile => {
  const chosen = onProcessor ? software : hardware;
  const most = Math.min(limits['maxComputeInvocationsPerWorkgroup']!, limits['maxComputeWorkgroupSizeX']!);
  return {
    ...chosen,
    lanes: Math.min(chosen.lanes, most),
    apart: Math.min(64, most),
    mostGroups: limits['maxComputeWorkgroupsPerDimension']!,
  };
};
