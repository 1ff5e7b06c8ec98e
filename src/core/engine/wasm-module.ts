/**
 * As much of the binary format of WebAssembly as the kernels need, so that what runs is a readable list
 * of instructions and no compiler is part of the build.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

export const I32 = 0x7f;
export const V128 = 0x7b;
const FUNCTION_TYPE = 0x60;
const EMPTY = 0x40;
const END = 0x0b;
const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export interface WasmFunction {
  readonly name: string;
  /** i32 each; there is no result. */
  readonly parameterCount: number;
  /** How many of each type, numbered on from the parameters. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: readonly number[];
}

/** A module that imports the memory `js.memory` and exports the functions. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameterCount }) => [
    FUNCTION_TYPE,
    parameterCount,
    ...Array<number>(parameterCount).fill(I32),
    0,
  ]);
  const codes = functions.map(({ locals, body }) => {
    const code = [locals.length, ...locals.flatMap(([count, type]) => [count, type]), ...body, END];
    return [...leb(code.length), ...code];
  });
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, [types.length, ...types.flat()]),
    ...section(2, [1, ...name('js'), ...name('memory'), 0x02, 0x00, 1]),
    ...section(3, [functions.length, ...functions.keys()]),
    ...section(7, [functions.length, ...functions.flatMap((one, index) => [...name(one.name), 0x00, index])]),
    ...section(10, [functions.length, ...codes.flat()]),
  ]);
}

export const get = (local: number): number[] => [0x20, local];
export const set = (local: number): number[] => [0x21, local];
export const i32 = (value: number): number[] => [0x41, ...signedLeb(value)];
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I32_LESS = 0x49;
export const I32_IS_ZERO = 0x45;
export const I32_SHIFT_LEFT = 0x74;
export const I32_LOAD = [0x28, 2, 0];
export const F32_ADD = 0x92;
export const F32_MULTIPLY = 0x94;
export const F32_DIVIDE = 0x95;
export const F32_MAX = 0x97;
export const F32_SQUARE_ROOT = 0x91;
export const F32_FROM_I32 = 0xb2;
export const F32_LOAD = [0x2a, 2, 0];
export const f32Store = (offset: number): number[] => [0x38, 2, ...leb(offset)];

export const v128Load = (offset: number): number[] => [0xfd, 0, 0, ...leb(offset)];
/** Eight signed bytes as eight 16-bit integers. */
export const v128Load8x8 = (offset: number): number[] => [0xfd, 1, 0, ...leb(offset)];
export const v128Store = (offset: number): number[] => [0xfd, 11, 0, ...leb(offset)];
export const V128_ZERO = [0xfd, 12, ...Array<number>(16).fill(0)];
export const F32X4_SPLAT = [0xfd, 19];
export const F32X4_ABSOLUTE = [0xfd, 0xe0, 0x01];
export const F32X4_NEAREST = [0xfd, 0x6a];
export const F32X4_ADD = [0xfd, 0xe4, 0x01];
export const F32X4_SUBTRACT = [0xfd, 0xe5, 0x01];
export const F32X4_DIVIDE = [0xfd, 0xe7, 0x01];
export const F32X4_MAX = [0xfd, 0xe9, 0x01];
export const F32X4_FROM_I32X4 = [0xfd, 0xfa, 0x01];
/** Not a number becomes 0. */
export const I32X4_FROM_F32X4 = [0xfd, 0xf8, 0x01];
export const I16X8_NARROW = [0xfd, 0x85, 0x01];
export const I8X16_NARROW = [0xfd, 0x65];
export const F32X4_MULTIPLY = [0xfd, 0xe6, 0x01];
export const f32x4Lane = (index: number): number[] => [0xfd, 31, index];
export const I32X4_ADD = [0xfd, 0xae, 0x01];
/** Eight products of 16-bit integers, neighbours added: four 32-bit sums. */
export const I32X4_DOT_I16X8 = [0xfd, 0xba, 0x01];
export const i32x4Lane = (index: number): number[] => [0xfd, 27, index];

export const block = (...body: number[]): number[] => [0x02, EMPTY, ...body, END];
export const loop = (...body: number[]): number[] => [0x03, EMPTY, ...body, END];
export const branch = (depth: number): number[] => [0x0c, depth];
export const branchIf = (depth: number): number[] => [0x0d, depth];

/** Instructions that belong together, as text would put them on a line. */
export const line = (...instructions: (number | number[])[]): number[] => instructions.flat();

export const advance = (local: number, ...by: number[]): number[] =>
  line(get(local), by, I32_ADD, set(local));

const section = (id: number, content: number[]): number[] => [id, ...leb(content.length), ...content];

const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** Not negative here; the sixth bit is the sign, so 64 needs a second byte. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)];
}
