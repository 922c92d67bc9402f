import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** Herald's blue, lightest first. The sixth is the accent of light pages, the third that of dark ones. */
const herald: MantineColorsTuple = [
  '#e6edfd',
  '#cddafb',
  '#a5bdff',
  '#7aa0ff',
  '#5581f0',
  '#3a69e2',
  '#2456d6',
  '#1c47b8',
  '#183b98',
  '#142f78',
];

/** From words to ground: Mantine reads the surfaces of dark pages from these places. */
const dark: MantineColorsTuple = [
  '#edf0f5',
  '#c3cad6',
  '#9ba5b4',
  '#8791a1',
  '#2b3340',
  '#2a323f',
  '#1c222c',
  '#161b23',
  '#10141a',
  '#0d1015',
];

const FONT =
  'ui-sans-serif, "Inter", "Segoe UI Variable Text", "SF Pro Text", system-ui, "PingFang SC", "Microsoft YaHei UI", ' +
  '"Noto Sans SC", "Noto Sans CJK SC", sans-serif';

/** Words on the accent: `autoContrast` looks at the light page's shade only, and the dark page's is pale. */
const coloursOf: VariantColorsResolver = (input) => {
  const colours = defaultVariantColorsResolver(input);
  const onAccent = input.variant === 'filled' && input.color === input.theme.primaryColor;
  return onAccent ? { ...colours, color: 'var(--mantine-primary-color-contrast)' } : colours;
};

/** What every component starts from: calm corners, one accent, words that keep their contrast. */
export const theme = createTheme({
  colors: { herald, dark },
  primaryColor: 'herald',
  primaryShade: { light: 6, dark: 3 },
  autoContrast: true,
  variantColorResolver: coloursOf,
  fontFamily: FONT,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", monospace',
  headings: { fontFamily: FONT, fontWeight: '620' },
  defaultRadius: 9,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: {
      defaultProps: { openDelay: 450, withArrow: true, fz: 'xs', events: { hover: true, focus: true, touch: false } },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Menu: { defaultProps: { shadow: 'lg', radius: 14, transitionProps: { duration: 100 } } },
    Popover: { defaultProps: { shadow: 'lg', radius: 14, transitionProps: { duration: 100 } } },
  },
});

/** Mantine's greys, in this page's palette: grey words keep 4.5:1 on every ground they stand on. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-primary-color-contrast': '#ffffff',
    '--mantine-color-text': '#131821',
    '--mantine-color-dimmed': '#525c6b',
    '--mantine-color-placeholder': '#5d6776',
    '--mantine-color-default-border': '#dbe0e8',
    '--mantine-color-gray-light-color': '#525c6b',
    '--mantine-color-gray-text': '#525c6b',
    '--mantine-color-error': '#b3291d',
  },
  dark: {
    '--mantine-primary-color-contrast': '#0a1530',
    '--mantine-color-dimmed': '#9ba5b4',
    '--mantine-color-placeholder': '#9ba5b4',
    '--mantine-color-default-border': '#2f3744',
    '--mantine-color-gray-light-color': '#9ba5b4',
    '--mantine-color-gray-text': '#9ba5b4',
    '--mantine-color-error': '#ff8b80',
  },
});
