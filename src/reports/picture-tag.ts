import { Html, html } from './html.js';
import { encodePng, type Picture } from './png.js';

/** A picture inside of a page: small ones in squares of whole pixels, as large as fits, large ones as they are. */
export function imageTag(picture: Picture, description: string): Html {
  const factor = Math.max(1, Math.min(12, Math.floor(300 / Math.max(picture.width, picture.height))));
  const [width, height] = [picture.width * factor, picture.height * factor];
  const squares = new Html(factor > 1 ? ' class="squares"' : '');
  const data = Buffer.from(encodePng(picture)).toString('base64');
  return html`<img${squares} src="data:image/png;base64,${data}" width="${width}" height="${height}" alt="${description}">`;
}
