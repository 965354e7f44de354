import { CardFrame } from '../card-host/card-frame.tsx';
import { useLanguage } from '../portal/language.tsx';
import { usePortal } from '../portal/portal-context.tsx';
import { EmptyState } from './page-states.tsx';

/** A page an installed app brings along: its home or its settings. */
export function AppPage({ uid }: { readonly uid: string }) {
  const { t } = useLanguage();
  const { extensions } = usePortal();
  const extension = extensions.find((candidate) => candidate.uid === uid);
  if (!extension) return <EmptyState title={t('app.missing')} text={t('app.missingText')} picture="integrations" />;
  return (
    <div className="app-page">
      <h1 className="page-title">{extension.title}</h1>
      <CardFrame extension={extension} record={null} revision={0} />
    </div>
  );
}
