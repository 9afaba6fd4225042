import { expect, test } from 'vitest';
import type { Io } from '../../src/commands/command.js';
import { watcherFor } from '../../src/commands/watcher.js';

function watched(terminal: boolean) {
  const shown: string[] = [];
  const io: Io = {
    out: (text) => void shown.push(`out ${text}`),
    note: (text) => void shown.push(`note ${text}`),
    status: (text) => void shown.push(`status ${text}`),
    terminal,
    colour: false,
    outColour: false,
  };
  return { watcher: watcherFor(io), shown };
}

test('work other than training is one line, and moves on a terminal', () => {
  for (const [terminal, expected] of [
    [false, ['note certificate\n']],
    [
      true,
      [
        'status certificate  [                    ]',
        'status certificate  [==========          ]',
        'status threshold: candidate 1',
      ],
    ],
  ] as const) {
    const { watcher, shown } = watched(terminal);
    watcher.work!('certificate', 0);
    watcher.work!('certificate', 0.5);
    watcher.work!('threshold: candidate 1');
    expect(shown).toEqual(expected);
  }
});
