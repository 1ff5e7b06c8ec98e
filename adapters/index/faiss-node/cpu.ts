import { readFileSync } from 'node:fs';

/** What `-march=x86-64-v3` may emit (x86-64 psABI, micro-architecture level 3), as Linux names it. */
const X86_V3_FLAGS = ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave'];

/** Whether this CPU runs code compiled for x86-64-v3. False where that cannot be known. */
export function cpuHasX86V3(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  return hasX86V3(readFileSync('/proc/cpuinfo', 'utf8'));
}

/** @param cpuinfo the text of Linux's /proc/cpuinfo */
export function hasX86V3(cpuinfo: string): boolean {
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/));
  return X86_V3_FLAGS.every((flag) => flags.has(flag));
}
