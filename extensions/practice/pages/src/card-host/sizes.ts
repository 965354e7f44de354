// The SDK spells sizes two ways ("small" and "sm"); both end here.
const SIZES = ['flush', 'xs', 'sm', 'md', 'lg', 'xl'] as const;
export type Size = (typeof SIZES)[number];

const LONG_NAMES: Readonly<Record<string, Size>> = {
  flush: 'flush',
  'extra-small': 'xs',
  small: 'sm',
  medium: 'md',
  large: 'lg',
  'extra-large': 'xl',
  default: 'md',
};

export function parseSize(size: string | undefined, fallback: Size): Size {
  return SIZES.find((known) => known === size) ?? LONG_NAMES[size ?? ''] ?? fallback;
}
