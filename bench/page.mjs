// docs/performance.md, from the parts that were measured.
import { boundText, valueText } from './goals.mjs';
import { groups as allGroups } from './groups/index.mjs';
import { heading, paragraphs, ratio, table } from './text.mjs';

/** The page's text. A part's key is "group/row"; parts of rows that are no longer measured are left out, rows without a part are named. */
export function page({ parts }, groups = allGroups) {
  const known = groups.flatMap((group) =>
    group.rows.map((row) => ({ key: keyOf(group, row), group, row, part: parts[keyOf(group, row)] })),
  );
  const there = known.filter(({ part }) => part);
  const absent = known.filter(({ part }) => !part).map(({ key }) => key);
  const rowOf = (key) => known.find((one) => one.key === key).row;
  const sections = groups.map((group) => {
    const own = there.filter((one) => one.group === group).map(({ key, part }) => ({ key, ...part }));
    if (own.length === 0) return undefined;
    return group.section(own, { rowOf });
  });
  return `${paragraphs(
    heading('Performance', 1),
    'Written by `npm run bench -- --peers` from [performance.json](performance.json), which it wrote, too; not edited by hand.',
    machineText(there.map(({ part }) => part)),
    absent.length > 0 ? `Not measured yet: ${absent.join(', ')}. \`npm run bench -- --peers --only <name>\` does.` : '',
    goalsSection(there),
    ...sections,
    datesSection(there),
  )}\n`;
}

export const keyOf = (group, row) => `${group.name}/${row.name}`;

function machineText(parts) {
  const machines = [...new Set(parts.map(({ machine }) => machine))];
  const peaks = parts.flatMap(({ peak }) => (peak ? [peak] : []));
  const lowest = Math.min(...peaks);
  const highest = Math.max(...peaks);
  const peak =
    peaks.length === 0
      ? ''
      : ` Products of large matrices in float32 reach ${lowest.toFixed(0)}${highest - lowest >= 1 ? ` to ${highest.toFixed(0)}` : ''} GFLOP/s on it with 2 threads, measured in the same runs: the machine's peak below.`;
  const measured = parts.flatMap(({ result }) => result.measured ?? []);
  const versions = Object.entries(Object.assign({}, ...measured.map((one) => one.versions)))
    .map(([name, version]) => `${name} ${version}`)
    .sort();
  const extensions = measured.find((one) => one.machine)?.machine;
  const processor = extensions ? ` Processor: ${extensions}.` : '';
  return `Machine: ${machines.join('; ')}.${processor}${peak}${versions.length > 0 ? `\nVersions: ${versions.join(', ')}.` : ''}`;
}

/** Every goal with what was measured; what falls short first has its place in its row's section. */
function goalsSection(there) {
  const rows = there.flatMap(({ key, group, row, part }) =>
    group.goals(row, part.result, part).map((one) => [key, one.what, boundText(one), valueText(one), one.met ? 'yes' : '**no**']),
  );
  if (rows.length === 0) return '';
  return paragraphs(
    heading('Held to'),
    'Ratios of medians; in brackets the least and the largest of the rounds. Of several peers the one that does best is meant.',
    table(['row', 'what', 'goal', 'measured', 'met'], rows),
  );
}

function datesSection(there) {
  return paragraphs(
    heading('When'),
    'Every part may be measured on a day of its own. "Busy": processors that other work kept busy, right before and behind.',
    table(
      ['part', 'date', 'rounds', 'minutes', 'busy'],
      there.map(({ key, part }) => [
        key,
        part.date,
        String(part.rounds),
        (part.seconds / 60).toFixed(1),
        part.busy.map(ratio).join(', '),
      ]),
    ),
  );
}
