import { describe, expect, test } from 'vitest';
import { Message } from '../../src/onnx/protobuf.js';

const bytes = (message: Message) => [...message.finish()];

describe('the wire format, by the examples of protobuf.dev', () => {
  test('field 1 with the varint 150', () => {
    expect(bytes(new Message().int(1, 150))).toEqual([0x08, 0x96, 0x01]);
  });
  test('field 2 with a string', () => {
    expect(bytes(new Message().string(2, 'testing'))).toEqual([0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
  });
  test('field 3 with a message', () => {
    expect(bytes(new Message().message(3, new Message().int(1, 150)))).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
  });
  test('a negative number takes ten bytes', () => {
    expect(bytes(new Message().int(1, -1))).toEqual([0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    expect(bytes(new Message().int(1, -2))).toEqual([0x08, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  });
  test('a float is four bytes, lowest first', () => {
    expect(bytes(new Message().float(2, 1))).toEqual([0x15, 0, 0, 0x80, 0x3f]);
  });
  test('fields above 15 have a tag of two bytes', () => {
    expect(bytes(new Message().int(20, 7))).toEqual([0xa0, 0x01, 7]);
  });
  test('numbers that a double does not hold are refused', () => {
    expect(() => new Message().int(1, 2 ** 53)).toThrow('does not fit');
    expect(() => new Message().int(1, 0.5)).toThrow('does not fit');
  });
});
