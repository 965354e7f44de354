import type { ReactNode } from 'react';

// Small flat pictures for empty and failed states, drawn here from a few shapes. A name without a picture of its own
// gets the nearest family.
type Family = 'paper' | 'people' | 'chart' | 'lock' | 'trouble' | 'support' | 'building' | 'calendar' | 'plug';

const FAMILY_WORDS: readonly (readonly [RegExp, Family])[] = [
  [/lock|security/i, 'lock'],
  [/error|missed|cone/i, 'trouble'],
  [/support|customer|calling|social/i, 'support'],
  [/contact|lead|people|companies|experience/i, 'people'],
  [/chart|report|goal|target|testing/i, 'chart'],
  [/meeting|task|ticket|hourglass/i, 'calendar'],
  [/api|integration|sandbox|components|automated/i, 'plug'],
  [/building|store|products|payments/i, 'building'],
];

const SHAPES: Record<Family, ReactNode> = {
  paper: (
    <>
      <rect x="46" y="20" width="62" height="80" rx="6" className="p-a" />
      <rect x="56" y="36" width="42" height="5" rx="2.5" className="p-line" />
      <rect x="56" y="48" width="34" height="5" rx="2.5" className="p-line" />
      <rect x="56" y="60" width="38" height="5" rx="2.5" className="p-line" />
      <path d="M58 86c8-9 12 5 18-2s8 4 14-1" className="p-stroke" />
      <circle cx="112" cy="88" r="15" className="p-accent" />
      <path d="M105 88l5 5 9-10" className="p-tick" />
    </>
  ),
  people: (
    <>
      <circle cx="62" cy="50" r="15" className="p-a" />
      <path d="M36 98c2-20 14-28 26-28s24 8 26 28z" className="p-a" />
      <circle cx="100" cy="56" r="12" className="p-accent" />
      <path d="M80 98c2-16 10-23 20-23s18 7 20 23z" className="p-accent" />
    </>
  ),
  chart: (
    <>
      <rect x="36" y="24" width="88" height="76" rx="8" className="p-a" />
      <rect x="50" y="66" width="12" height="22" rx="2" className="p-line" />
      <rect x="70" y="52" width="12" height="36" rx="2" className="p-accent" />
      <rect x="90" y="40" width="12" height="48" rx="2" className="p-line" />
    </>
  ),
  lock: (
    <>
      <rect x="48" y="54" width="64" height="48" rx="8" className="p-a" />
      <path d="M60 54V42a20 20 0 0 1 40 0v12" className="p-stroke thick" />
      <circle cx="80" cy="76" r="7" className="p-accent" />
    </>
  ),
  trouble: (
    <>
      <path d="M80 22l48 80H32z" className="p-a" />
      <rect x="76" y="50" width="8" height="28" rx="4" className="p-accent" />
      <circle cx="80" cy="88" r="5" className="p-accent" />
    </>
  ),
  support: (
    <>
      <path
        d="M34 34h64a8 8 0 0 1 8 8v30a8 8 0 0 1-8 8H66L50 96V80H34a8 8 0 0 1-8-8V42a8 8 0 0 1 8-8z"
        className="p-a"
      />
      <circle cx="50" cy="57" r="5" className="p-line" />
      <circle cx="66" cy="57" r="5" className="p-line" />
      <circle cx="82" cy="57" r="5" className="p-line" />
      <circle cx="118" cy="84" r="16" className="p-accent" />
    </>
  ),
  building: (
    <>
      <rect x="40" y="34" width="46" height="68" rx="5" className="p-a" />
      <rect x="86" y="56" width="34" height="46" rx="5" className="p-accent" />
      <path d="M52 48h8M66 48h8M52 62h8M66 62h8M52 76h8M66 76h8" className="p-stroke thick" />
    </>
  ),
  calendar: (
    <>
      <rect x="38" y="30" width="84" height="70" rx="8" className="p-a" />
      <rect x="38" y="30" width="84" height="18" rx="8" className="p-accent" />
      <path d="M54 64h10M75 64h10M96 64h10M54 82h10M75 82h10" className="p-stroke thick" />
    </>
  ),
  plug: (
    <>
      <rect x="34" y="46" width="42" height="34" rx="8" className="p-a" />
      <rect x="92" y="46" width="34" height="34" rx="8" className="p-accent" />
      <path d="M76 56h10M76 70h10" className="p-stroke thick" />
    </>
  ),
};

type PictureProps = { readonly name: string; readonly alt: string; readonly width: number; readonly height?: number };

export function Picture({ name, alt, width, height }: PictureProps) {
  const family = FAMILY_WORDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'paper';
  return (
    <svg
      className="picture"
      width={width}
      height={height ?? width * 0.75}
      viewBox="0 0 160 120"
      {...(alt ? { role: 'img', 'aria-label': alt } : { 'aria-hidden': true })}
    >
      <ellipse cx="80" cy="104" rx="62" ry="8" className="p-shadow" />
      {SHAPES[family]}
    </svg>
  );
}
