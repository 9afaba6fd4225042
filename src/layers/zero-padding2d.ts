import { zeroPadding } from './padding.js';

export const zeroPadding2d = zeroPadding('ZeroPadding2D', 'Puts zeros around an image.', 2);
