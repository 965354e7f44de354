import { Badge, createTheme, type MantineColorsTuple } from '@mantine/core';

/** Ink green: calm beside both CRMs' own colours, and dark enough at shade 7 for white text (7.9:1). */
const ink: MantineColorsTuple = [
  '#eef6f4',
  '#dbeae7',
  '#b5d5cf',
  '#8bbeb5',
  '#68aa9f',
  '#4f9c90',
  '#34776d',
  '#225f57',
  '#174f4a',
  '#0b3f3b',
];

export const theme = createTheme({
  colors: { ink },
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'md',
  fontFamily:
    "'Inter', 'Segoe UI', system-ui, -apple-system, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif",
  headings: {
    fontWeight: '620',
    sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' }, h2: { fontSize: '1.0625rem', lineHeight: '1.4' } },
  },
  cursorType: 'pointer',
  components: {
    // A word cut short says nothing: badges are as wide as their text.
    Badge: Badge.extend({
      styles: { root: { minWidth: 'max-content', flexShrink: 0 }, label: { overflow: 'visible' } },
    }),
  },
});
