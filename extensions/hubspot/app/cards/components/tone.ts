/** How HubSpot draws the presenter's tones. */
import type { Tone } from '@counterpart/app/core/present.ts';

export const STATUS_TAG_VARIANTS = {
  neutral: 'default',
  good: 'success',
  notice: 'warning',
  bad: 'danger',
  info: 'info',
} as const satisfies Record<Tone, string>;

export const ALERT_VARIANTS = {
  neutral: 'info',
  good: 'success',
  notice: 'warning',
  bad: 'danger',
  info: 'info',
} as const satisfies Record<Tone, string>;
