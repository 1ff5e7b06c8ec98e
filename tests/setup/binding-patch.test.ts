import { expect, test } from 'vitest';
import { withAsyncRead } from '../../scripts/setup/binding-patch.mjs';

const KNOWN = `
  static Napi::Value read(const Napi::CallbackInfo &info)
      StaticMethod("read", &Index::read),
`;

test('the binding gets its read beside the event loop, and keeps the other', () => {
  const patched = withAsyncRead(KNOWN);
  expect(patched).toContain('StaticMethod("readAsync", &Index::readAsync)');
  expect(patched).toContain('StaticMethod("read", &Index::read)');
  expect(patched).toContain('static Napi::Value readAsync(');
});

test('a source that is not the known one is refused, not built half patched', () => {
  expect(() => withAsyncRead('int main() {}')).toThrow('another source');
  expect(() => withAsyncRead(KNOWN + KNOWN)).toThrow('another source');
});
