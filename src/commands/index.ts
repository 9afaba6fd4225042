import { check } from './check.js';
import type { Command } from './command.js';
import { compile } from './compile.js';
import { convert } from './convert.js';
import { data } from './data.js';
import { diff } from './diff.js';
import { engines } from './engines.js';
import { evaluate } from './eval.js';
import { explain } from './explain.js';
import { fmt } from './fmt.js';
import { help } from './help.js';
import { init } from './init.js';
import { predict } from './predict.js';
import { report } from './report.js';
import { runs } from './runs.js';
import { schema } from './schema.js';
import { show } from './show.js';
import { simplify } from './simplify.js';
import { summary } from './summary.js';
import { sweep } from './sweep.js';
import { train } from './train.js';

/** The commands, in the order of `dnc --help`. Adding one is one file and one line here. */
export const commands: readonly Command[] = [
  init,
  check,
  fmt,
  convert,
  compile,
  train,
  simplify,
  sweep,
  evaluate,
  predict,
  data,
  diff,
  report,
  runs,
  show,
  summary,
  schema,
  engines,
  explain,
  help((name) => commands.some((command) => command.name === name)),
];
