import { type Kind, Type } from '../../../ir/kind.js';

const file = {
  keyword: 'file',
  summary: 'A file beside the spec, and what it must hold.',
  schema: Type.Object({
    path: Type.String({ minLength: 1, description: 'Path, relative to the folder of the spec that names it.' }),
    sha256: Type.Optional(
      Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file, 64 hexadecimal digits.' }),
    ),
  }),
} satisfies Kind;

export const files = { file } as const satisfies Readonly<Record<string, Kind>>;
