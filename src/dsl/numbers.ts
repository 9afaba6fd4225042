/** What a number's text says, or why it says nothing, with the text to write instead. */
export type NumberReading =
  | { readonly value: number; readonly percent: boolean }
  | { readonly problem: string; readonly repair?: string };

const NUMBER = /^(\d+(?:_\d+)*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?([%kMG]?)$/;
const SHIFT: Record<string, number> = { '': 0, '%': -2, k: 3, M: 6, G: 9 };

/** Reads a number with its suffix: `10k` is 10,000, `0.2%` is 0.002, both exact to the last bit. */
export function readNumber(text: string): NumberReading {
  const parts = NUMBER.exec(text);
  if (!parts) return repairOf(text);
  const [, whole = '', fraction, exponent, suffix = ''] = parts;
  if (/^0[\d_]/.test(whole)) {
    const repair = text.replace(/^[0_]+(?=\d)/, '');
    return { problem: 'a number does not start with 0', ...(isNumber(repair) && { repair }) };
  }
  const digits = whole.replaceAll('_', '') + (fraction ? `.${fraction}` : '');
  // The suffix moves the decimal point before the text becomes a float: 0.07 / 100 would be off by one bit.
  const shifted = Number(exponent ?? 0) + SHIFT[suffix]!;
  const value = Number(`${digits}e${Math.max(-1e6, Math.min(1e6, shifted))}`);
  if (!Number.isFinite(value)) return { problem: 'the largest number is about 1.8e308', repair: '1.7e308' };
  if (value === 0 && /[1-9]/.test(digits)) {
    return { problem: 'it is so small that it would become 0; the smallest number is about 5e-324', repair: '0' };
  }
  if (fraction === undefined && exponent === undefined && !Number.isSafeInteger(value) && suffix !== '%') {
    return {
      problem: 'whole numbers are exact up to 9007199254740991 (2^53 - 1)',
      repair: numberText(value),
    };
  }
  return { value, percent: suffix === '%' };
}

/** Whether a text is a number of the language. */
export function isNumber(text: string): boolean {
  return 'value' in readNumber(text);
}

/** A finite, not negative number as text that reads back to the same bits. */
export function numberText(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw new Error(`${value} cannot be written as a number`);
  const text = String(value);
  // Beyond 2^53 digits would claim an exactness that a float does not have.
  if (/^\d+$/.test(text) && !Number.isSafeInteger(value)) return value.toExponential().replace('e+', 'e');
  return text.replace('e+', 'e');
}

/** A share as a text writes it: 0.07 is `7%`. */
export function percentText(share: number): string {
  // 100 · 0.07 is 7.000000000000001.
  return `${Number((100 * share).toPrecision(15))}%`;
}

function repairOf(text: string): NumberReading {
  const give = (problem: string, repair?: string): NumberReading => ({
    problem,
    ...(repair !== undefined && isNumber(repair) && { repair }),
  });
  if (text.startsWith('.')) return give('a number starts with a digit', `0${text}`);
  if (/^\d[\d_]*\.(?!\d)/.test(text)) return give('digits are missing after the point', text.replace('.', ''));
  if (/^0[xXoObB]\w+$/.test(text)) {
    const value = Number(text.replaceAll('_', '').toLowerCase());
    return give('numbers are decimal', Number.isSafeInteger(value) ? String(value) : undefined);
  }
  if (/__|_(?!\d)/.test(text)) return give('`_` stands between two digits', text.replace(/_+(?!\d)|_(?=_)/g, ''));
  const unit = /^([\d_]+(?:\.\d+)?(?:[eE][+-]?\d+)?[kMG]?)([A-Za-z_]\w*)$/.exec(text);
  if (unit) {
    const [, number = '', letters = ''] = unit;
    if (letters === 'K') return give('the suffixes are k, M, G and %', `${number}k`);
    if (letters === 'g') return give('the suffixes are k, M, G and %', `${number}G`);
    if (letters === 'f' || letters === 'L' || letters === 'e' || letters === 'E') {
      return give(letters === 'f' || letters === 'L' ? 'a number has no type' : 'the exponent is missing', number);
    }
    if (letters.length > 2 && isNumber(number)) {
      return { problem: 'a space stands between a number and its unit', repair: `${number} ${letters}` };
    }
    return give('the suffixes are k, M, G and %; names start with a letter');
  }
  return give('a number is written like 300, 0.5, 1e-3, 10k or 0.2%');
}
