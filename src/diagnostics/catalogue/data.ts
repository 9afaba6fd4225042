import { code } from '../diagnostic.js';

export const dataCodes = {};
