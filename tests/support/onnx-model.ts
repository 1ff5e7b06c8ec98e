/**
 * Just enough of ONNX's protobuf (onnx.proto3) to write a model that looks up one vector a token:
 * `last_hidden_state = Gather(table, input_ids)`.
 */

const FLOAT = 1;
const INT64 = 7;
const IR_VERSION = 8;
const OPSET = 17;

/**
 * @param table tokens × dimension, row-major
 * @param output its name; the field's convention is last_hidden_state
 */
export function lookupModel(
  table: Float32Array,
  dimension: number,
  output = 'last_hidden_state',
): Uint8Array {
  const node = message(text(1, 'table'), text(1, 'input_ids'), text(2, output), text(4, 'Gather'));
  const weights = message(
    integer(1, table.length / dimension),
    integer(1, dimension),
    integer(2, FLOAT),
    text(8, 'table'),
    bytes(9, new Uint8Array(table.buffer, table.byteOffset, table.byteLength)),
  );
  const graph = message(
    bytes(1, node),
    text(2, 'lookup'),
    bytes(5, weights),
    bytes(11, tensorInfo('input_ids', INT64, ['batch', 'tokens'])),
    bytes(11, tensorInfo('attention_mask', INT64, ['batch', 'tokens'])),
    bytes(12, tensorInfo(output, FLOAT, ['batch', 'tokens', dimension])),
  );
  return message(integer(1, IR_VERSION), bytes(7, graph), bytes(8, message(integer(2, OPSET))));
}

function tensorInfo(name: string, type: number, shape: readonly (string | number)[]): Uint8Array {
  const dims = shape.map((dim) =>
    bytes(1, typeof dim === 'string' ? message(text(2, dim)) : message(integer(1, dim))),
  );
  const tensor = message(integer(1, type), bytes(2, message(...dims)));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

const message = (...fields: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(fields));

const integer = (field: number, value: number): Uint8Array =>
  Uint8Array.from([...varint(field << 3), ...varint(value)]);

const bytes = (field: number, value: Uint8Array): Uint8Array =>
  message(Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]), value);

const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));

function varint(value: number): readonly number[] {
  const septets: number[] = [];
  let rest = value;
  do {
    septets.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return septets;
}
