// Finds something that WebGPU can compute on: a GPU, else SwiftShader, the software renderer that Chromium brings.
// In: the machine as it is seen (folders, environment, the package `webgpu`). Out: an adapter, or what is missing.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installing, loadPackage, missingAmong } from '../packages.ts';
import type { Lack } from './device.ts';

// The part of WebGPU that is used here (https://www.w3.org/TR/webgpu/).
export interface GpuError {
  readonly message: string;
}
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** It computes on the processor. */
  readonly isFallbackAdapter?: boolean;
}
export interface GpuDevice {
  readonly adapterInfo: AdapterInfo;
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  pushErrorScope(filter: 'validation' | 'out-of-memory' | 'internal'): void;
  popErrorScope(): Promise<GpuError | null>;
  destroy(): void;
}
export interface GpuAdapter {
  readonly info: AdapterInfo;
  readonly limits: Readonly<Record<string, number>>;
  requestDevice(descriptor: { readonly requiredLimits: Readonly<Record<string, number>> }): Promise<GpuDevice>;
}
export interface Gpu {
  requestAdapter(options: { readonly powerPreference: 'high-performance' }): Promise<GpuAdapter | null>;
}
/** The npm package `webgpu`: Dawn, Chromium's WebGPU, for Node. */
export interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu;
  readonly globals: object;
}

/** What the search looks at; tests put another machine here. */
export interface Machine {
  readonly platform: string;
  readonly architecture: string;
  readonly environment: Record<string, string | undefined>;
  readonly missing: (packages: readonly string[]) => readonly string[];
  readonly exists: (path: string) => boolean;
  readonly list: (folder: string) => readonly string[];
  readonly loadDawn: () => Promise<Dawn>;
}

export const thisMachine: Machine = {
  platform: process.platform,
  architecture: process.arch,
  environment: process.env,
  missing: missingAmong,
  exists: existsSync,
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
  loadDawn: async () => (await loadPackage('webgpu')) as Dawn,
};

export interface Found {
  readonly dawn: Dawn;
  readonly gpu: Gpu;
  readonly adapter: GpuAdapter;
}

/** What tfjs on WebGPU needs; kernels of our own need Dawn alone. */
const ofTfjs = ['@tensorflow/tfjs-backend-webgpu', 'webgpu'] as const;
export const dawnAlone = ['webgpu'] as const;

/** Folders where Vulkan's loader looks for drivers (LoaderDriverInterface.md of the Vulkan loader, "Driver Discovery on Linux"). */
const driverFolders = ['/etc/vulkan/icd.d', '/usr/local/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/usr/share/vulkan/icd.d']; // prettier-ignore
/** Where distributions put Chromium, and where Chrome is. */
const chromiumFolders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/usr/lib64/chromium-browser', '/opt/google/chrome']; // prettier-ignore
const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib', '/lib64']; // prettier-ignore

const driverVariables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'] as const;

const debian = 'apt-get install chromium libvulkan1';

/** The driver file of SwiftShader, or null. */
export const swiftShaderOn = ({ exists }: Machine): string | null =>
  chromiumFolders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find(exists) ?? null;

const hasLoader = ({ exists, environment }: Machine): boolean =>
  [...(environment['LD_LIBRARY_PATH']?.split(':') ?? []), ...libraryFolders].some((folder) =>
    exists(join(folder, 'libvulkan.so.1')),
  );

const hasDriver = ({ environment, list }: Machine): boolean =>
  driverVariables.some((name) => (environment[name] ?? '') !== '') ||
  driverFolders.some((folder) => list(folder).some((file) => file.endsWith('.json')));

const ask = async (dawn: Dawn): Promise<Found | null> => {
  const gpu = dawn.create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  return adapter === null ? null : { dawn, gpu, adapter };
};

/** The same with Vulkan's loader sent to SwiftShader. Node sets the variable for native code too. */
const askSwiftShader = async (dawn: Dawn, driver: string, { environment }: Machine): Promise<Found | null> => {
  const before = environment['VK_DRIVER_FILES'];
  environment['VK_DRIVER_FILES'] = driver;
  try {
    return await ask(dawn);
  } finally {
    if (before === undefined) delete environment['VK_DRIVER_FILES'];
    else environment['VK_DRIVER_FILES'] = before;
  }
};

/** A real GPU first. On Linux Dawn goes through Vulkan, elsewhere through what the system has. */
export const findAdapter = async (
  machine: Machine = thisMachine,
  packages: readonly string[] = ofTfjs,
): Promise<Found | Lack> => {
  const missing = machine.missing(packages);
  if (missing.length > 0) return { detail: `${missing.join(' and ')} not installed`, remedy: installing(missing) };
  const dawn = await machine.loadDawn().catch((error: unknown) => String((error as Error).message ?? error));
  if (typeof dawn === 'string')
    return {
      detail: `the package webgpu does not load on ${machine.platform}-${machine.architecture}: ${dawn.split('\n')[0]!}`,
      remedy: null,
    };
  if (machine.platform !== 'linux')
    return (await ask(dawn)) ?? { detail: 'no GPU that WebGPU can use was found', remedy: null };
  if (!hasLoader(machine)) return { detail: "libvulkan.so.1, Vulkan's loader, is not installed", remedy: debian };
  const real = hasDriver(machine) ? await ask(dawn) : null;
  if (real !== null) return real;
  const driver = swiftShaderOn(machine);
  const software = driver === null ? null : await askSwiftShader(dawn, driver, machine);
  if (software !== null) return software;
  return driver === null
    ? {
        detail: "no GPU that Vulkan can use was found, nor SwiftShader, which Debian's chromium brings as software",
        remedy: debian,
      }
    : {
        detail: `neither a GPU nor ${driver} gives a WebGPU adapter`,
        remedy: 'apt-get install --reinstall chromium libvulkan1',
      };
};

export const isFound = (found: Found | Lack): found is Found => 'adapter' in found;

/** The adapter by its most telling name. */
export const adapterName = (info: AdapterInfo): string =>
  [info.description, info.device, info.architecture, info.vendor].find((text) => text !== '') ?? 'a nameless adapter';
