import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Glyph } from '../kit/glyph.tsx';
import type { GlyphName } from '../kit/glyph-paths.ts';
import { Popover } from '../kit/popover.tsx';
import { useLanguage } from '../portal/language.tsx';
import { OBJECT_TYPE_FACTS, OBJECT_TYPES } from '../portal/object-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import { usePortal } from '../portal/portal-context.tsx';
import type { Extension } from '../portal/portal-schema.ts';
import { ownerName } from '../portal/property-format.ts';
import { appPath, linkTo, listPath } from '../portal/route.ts';
import type { Route } from '../portal/route.ts';
import { GlobalSearch } from './global-search.tsx';
import { BrandMark, PreferenceButtons } from './preferences.tsx';

const TYPE_GLYPH: Record<ObjectType, GlyphName> = { deals: 'deal', companies: 'building', tickets: 'ticket' };

/** Extensions that are pages of their own rather than cards on a record. */
function isPageExtension(extension: Extension): boolean {
  return !extension.location.startsWith('crm.');
}

export function PortalShell({ route, children }: { readonly route: Route; readonly children: ReactNode }) {
  const { t } = useLanguage();
  const { portal } = usePortal();
  useEffect(() => {
    document.title = `${portal.name} · ${t('portal.title')}`;
  }, [portal.name, t]);
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        {t('shell.skip')}
      </a>
      <header className="top-bar">
        <BrandMark />
        <span className="practice-mark" title={t('portal.practiceHint')}>
          {t('portal.practice')}
        </span>
        <GlobalSearch />
        <span className="top-spacer" />
        <PreferenceButtons />
        <PortalSwitcher />
      </header>
      <NavRail route={route} />
      <main id="main" className="shell-main" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function NavRail({ route }: { readonly route: Route }) {
  const { t } = useLanguage();
  const { portal, extensions } = usePortal();
  const current = 'type' in route ? route.type : null;
  return (
    <nav className="rail" aria-label={t('shell.navigation')}>
      {OBJECT_TYPES.map((type) => (
        <a
          key={type}
          className="rail-link"
          aria-current={current === type ? 'page' : undefined}
          {...linkTo(listPath(portal.id, type))}
        >
          <Glyph name={TYPE_GLYPH[type]} size={20} />
          <span>{t(OBJECT_TYPE_FACTS[type].plural)}</span>
        </a>
      ))}
      {extensions.filter(isPageExtension).map((extension) => (
        <a
          key={extension.uid}
          className="rail-link"
          aria-current={route.page === 'app' && route.uid === extension.uid ? 'page' : undefined}
          {...linkTo(appPath(portal.id, extension.uid))}
        >
          <Glyph name={extension.location === 'settings' ? 'settings' : 'puzzle'} size={20} />
          <span>{extension.title}</span>
        </a>
      ))}
    </nav>
  );
}

function PortalSwitcher() {
  const { t } = useLanguage();
  const { portal, portals } = usePortal();
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const { user } = portal;
  const initials = /\p{Script=Han}/u.test(user.lastName)
    ? user.lastName
    : `${user.firstName.slice(0, 1)}${user.lastName.slice(0, 1)}`.toUpperCase();
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="top-button portal-switch"
        aria-haspopup="true"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className="avatar" aria-hidden="true">
          {initials}
        </span>
        <span className="portal-switch-name">{portal.name}</span>
        <Glyph name="chevron-down" size={14} />
      </button>
      {open && (
        <Popover anchor={anchor} onClose={() => setOpen(false)} placement="bottom-end" className="portal-popover">
          <p className="portal-user">
            <strong>{ownerName(user)}</strong>
            <span>{user.email}</span>
          </p>
          <p className="popover-title">{t('shell.portals')}</p>
          <ul className="portal-choices">
            {portals.map((other) => (
              <li key={other.id}>
                <a
                  className="menu-item"
                  aria-current={other.id === portal.id ? 'true' : undefined}
                  {...linkTo(listPath(other.id, 'deals'))}
                >
                  <span className="portal-choice-name">{other.name}</span>
                  <span className="choice-hint">{other.id}</span>
                  {other.id === portal.id && <Glyph name="check" size={14} />}
                </a>
              </li>
            ))}
          </ul>
        </Popover>
      )}
    </>
  );
}
