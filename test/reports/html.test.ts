import { describe, expect, test } from 'vitest';
import { cleaned, escaped, Html, html, page, unbroken } from '../../src/reports/html.js';
import { problemsOf } from '../support/html.js';

describe('html', () => {
  test('values are escaped, in text and in attributes, whatever they hold', () => {
    const hostile = `"><script>alert('1')</script>&amp;\u0000\u202e\ud800`;
    const shown = html`<b title="${hostile}">${hostile}</b>`.text;
    expect(shown).toBe(
      '<b title="X">X</b>'.replaceAll(
        'X',
        '&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;\ufffd\ufffd\ufffd',
      ),
    );
  });

  test('HTML stays HTML, lists are joined, undefined is nothing', () => {
    expect(html`<p>${[html`<i>${'<'}</i>`, ' and ', 3]}${undefined}${new Html('<hr>')}</p>`.text).toBe(
      '<p><i>&#60;</i> and 3<hr></p>',
    );
  });

  test('a pair of numbers breaks behind its arrow and nowhere else', () => {
    expect(unbroken('18.6 kB → 14.2 kB')).toBe('18.6\u00a0kB\u00a0→ 14.2\u00a0kB');
    expect(unbroken('800 B')).toBe('800\u00a0B');
    expect(unbroken('12')).toBe('12');
  });

  test('lines, tabs and letters of all scripts stay as they are', () => {
    expect(cleaned('a\tb\nc\r\u00e4 \u4e2d \ud83d\udc69\u200d\ud83d\udcbb')).toBe(
      'a\tb\nc\r\u00e4 \u4e2d \ud83d\udc69\u200d\ud83d\udcbb',
    );
    expect(escaped('x')).toBe('x');
  });

  test('a page is well-formed, loads nothing and says so to the browser', () => {
    const text = page('<title>', html`<h1>${'&'}</h1>`);
    expect(problemsOf(text)).toEqual([]);
    expect(text).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
    expect(text).toContain('<title>&#60;title&#62;</title>');
  });
});

describe('the check of pages finds', () => {
  const within = (body: string) => problemsOf(page('x', new Html(body)));
  test.each([
    ['a tag that is not closed', '<p>x'],
    ['tags out of order', '<b><i>x</b></i>'],
    ['a bare sign', 'a < b'],
    ['a bare ampersand', 'a & b'],
    ['a script', '<script>1</script>'],
    ['an event', '<b onclick="1">x</b>'],
    ['a picture from elsewhere', '<img src="https://example.org/x.png">'],
    ['a link', '<a href="http://example.org">x</a>'],
    ['a colour from elsewhere', '<rect fill="url(https://example.org/x.svg#a)"/>'],
    ['an attribute twice', '<b class="a" class="b">x</b>'],
    ['an id twice', '<b id="a">x</b><b id="a">x</b>'],
  ])('%s', (_, body) => {
    expect(within(body)).not.toEqual([]);
  });

  test('nothing in a good page', () => {
    expect(within('<p class="a">x<br>&#38;</p><img src="data:image/png;base64,AAAA"><rect fill="url(#a)"/>')).toEqual(
      [],
    );
  });
});
