import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import type { Portal } from '../portal/portal-schema.ts';
import { linkTo, listPath } from '../portal/route.ts';
import { BrandMark, PreferenceButtons } from './preferences.tsx';

/** The page at "/": choose a portal. */
export function PortalHome({ portals }: { readonly portals: readonly Portal[] }) {
  const { t } = useLanguage();
  return (
    <div className="home">
      <header className="home-head">
        <BrandMark />
        <PreferenceButtons />
      </header>
      <main className="home-main">
        <h1>{t('home.title')}</h1>
        <p className="home-lead">{t('home.lead')}</p>
        <ul className="home-portals">
          {portals.map((portal) => (
            <li key={portal.id}>
              <a className="home-portal" {...linkTo(listPath(portal.id, 'deals'))}>
                <span className="home-portal-icon">
                  <Glyph name="building" size={22} />
                </span>
                <span className="home-portal-text">
                  <strong>{portal.name}</strong>
                  <span>
                    {portal.id} · {portal.timeZone} · {portal.currency}
                  </span>
                </span>
                <span className={`badge ${portal.installed ? 'good' : ''}`}>
                  {t(portal.installed ? 'home.installed' : 'home.notInstalled')}
                </span>
                <Glyph name="chevron-right" size={16} />
              </a>
            </li>
          ))}
        </ul>
      </main>
    </div>
  );
}
