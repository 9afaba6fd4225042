/**
 * Writes protocol buffers' wire format (protobuf.dev/programming-guides/encoding): enough for ONNX, and without a copy of a model's
 * weights for every level of nesting: a message is a list of chunks, joined once.
 */
export class Message {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** int32, int64, bool and enum fields. Must be a whole number that a double holds exactly. */
  int(field: number, value: number): this {
    return this.push(varint(tag(field, 0))).push(varint(value));
  }

  /** A `float` field. */
  float(field: number, value: number): this {
    const four = new Uint8Array(4);
    new DataView(four.buffer).setFloat32(0, value, true);
    return this.push(varint(tag(field, 5))).push(four);
  }

  /** A `bytes` field. The array must not change before `finish`. */
  bytes(field: number, value: Uint8Array): this {
    return this.push(varint(tag(field, 2)))
      .push(varint(value.byteLength))
      .push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value));
  }

  message(field: number, value: Message): this {
    this.push(varint(tag(field, 2))).push(varint(value.length));
    for (const chunk of value.chunks) this.push(chunk);
    return this;
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.byteLength;
    }
    return all;
  }

  private push(chunk: Uint8Array): this {
    this.chunks.push(chunk);
    this.length += chunk.byteLength;
    return this;
  }
}

const text = new TextEncoder();

function tag(field: number, wireType: number): number {
  return field * 8 + wireType;
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement, that is in ten bytes. */
function varint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} does not fit an integer field`);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
