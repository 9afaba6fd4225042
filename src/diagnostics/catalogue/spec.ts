import { code } from '../diagnostic.js';

export const specCodes = {};
