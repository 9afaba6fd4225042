import { zeroPadding } from './padding.js';

export const zeroPadding1d = zeroPadding('ZeroPadding1D', 'Puts steps of zeros before and behind a series.', 1);
