// The groups of rows, in the order of the page. Adding one is one file and one line here. A group has
//   name, rows (each with a name), measure(row, context) → result, goals(row, result, part) → goals, section(parts, page) → Markdown;
//   peers: needs --peers to stand on the page; needsPeak: the machine's peak is measured before it; rounds: the fewest that stand on the page, most: the most that it takes.
import { compileTime } from './compile-time.mjs';
import { feeding } from './feeding.mjs';
import { inference } from './inference.mjs';
import { live } from './live.mjs';
import { scaling } from './scaling.mjs';
import { shrink } from './shrink.mjs';
import { simplified } from './simplified.mjs';
import { startUp } from './start-up.mjs';
import { steps } from './steps.mjs';

export const groups = [steps, simplified, live, feeding, inference, scaling, compileTime, startUp, shrink];
