import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { LANGUAGE_NAME } from '../portal/languages.ts';
import { useTheme } from '../portal/theme.ts';

export function BrandMark() {
  const { t } = useLanguage();
  return (
    <span className="brand">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" className="brand-tile" />
        <path d="M10 23V9h7a5 5 0 0 1 0 10h-4" className="brand-stroke" />
      </svg>
      <span className="brand-name">{t('portal.title')}</span>
    </span>
  );
}

/** Language and colour theme. */
export function PreferenceButtons() {
  const { t, language, setLanguage } = useLanguage();
  const [theme, setTheme] = useTheme();
  const other = language === 'en' ? 'zh-CN' : 'en';
  const otherTheme = theme === 'light' ? 'dark' : 'light';
  const themeLabel = t(otherTheme === 'dark' ? 'shell.dark' : 'shell.light');
  return (
    <>
      <button type="button" className="top-button" lang={other} onClick={() => setLanguage(other)}>
        <Glyph name="globe" size={16} />
        {LANGUAGE_NAME[other]}
      </button>
      <button
        type="button"
        className="top-button square"
        aria-label={themeLabel}
        title={themeLabel}
        onClick={() => setTheme(otherTheme)}
      >
        <Glyph name={otherTheme === 'dark' ? 'moon' : 'sun'} size={17} />
      </button>
    </>
  );
}
