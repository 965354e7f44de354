import { GLYPHS } from './glyph-paths.ts';
import type { GlyphName } from './glyph-paths.ts';

/** One of our own line icons. Decorative unless it is given a text. */
export function Glyph({ name, size = 16, text }: { name: GlyphName; size?: number; text?: string | undefined }) {
  return (
    <svg
      className="glyph"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.9"
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(text ? { role: 'img', 'aria-label': text } : { 'aria-hidden': true })}
    >
      <path d={GLYPHS[name]} />
    </svg>
  );
}
