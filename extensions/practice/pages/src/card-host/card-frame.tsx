import { createEndpoint } from '@remote-ui/rpc';
import { createController, createRemoteReceiver, RemoteRenderer } from '@remote-ui/react/host';
import type { Controller, RemoteReceiver } from '@remote-ui/react/host';
import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { Dialog } from '../kit/dialog.tsx';
import { Glyph } from '../kit/glyph.tsx';
import { useLanguage } from '../portal/language.tsx';
import { usePortal } from '../portal/portal-context.tsx';
import type { Extension } from '../portal/portal-schema.ts';
import { useToast } from '../portal/toasts.tsx';
import type { CardHost } from './card-protocol.ts';
import { CardWordsContext } from './card-words.ts';
import { COMPONENTS } from './component-map.tsx';
import { CardConnection } from './host-api.ts';
import type { CardRecord, IframeRequest } from './host-api.ts';
import { OverlayRegistry, OverlayRegistryContext } from './overlay.tsx';

type WorkerApi = { run(bundleUrl: string, host: CardHost, channel: RemoteReceiver['receive']): Promise<void> };

/** A card that has drawn nothing by then is told apart from one that is merely slow. */
const FIRST_DRAWING_MS_MAX = 20_000;

const LOG_LINES_MAX = 50;

function logLine(level: string, detail: unknown): string {
  return `${level}  ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`;
}

function Unsupported({ name, children }: { readonly name: string; readonly children?: ReactNode }) {
  const { t } = useLanguage();
  return (
    <div className="c-unsupported" role="alert" data-unsupported={name}>
      {t('card.unsupported', { name })}
      {children}
    </div>
  );
}

type HostComponent = ReturnType<Controller['get']>;

/** A controller that shows a name it does not know as a red box, instead of bringing the page down. */
function makeController(): Controller {
  const known = new Map<string, HostComponent>(
    // The renderer hands every component the properties the card sent, which no type can check on this side of the wire.
    Object.entries(COMPONENTS).map(([name, component]) => [name, component as HostComponent]),
  );
  const controller = createController({});
  return {
    ...controller,
    get(type) {
      const name = String(type);
      const component =
        known.get(name) ?? ((props: { children?: ReactNode }) => <Unsupported name={name} {...props} />);
      known.set(name, component);
      return component;
    },
  };
}

type CardFrameProps = {
  readonly extension: Extension;
  readonly record: CardRecord | null;
  /** Grows whenever a property of the record changed. */
  readonly revision: number;
};

/** A card of an installed app, run in a worker of its own, with a way to start it again when it fails. */
export function CardFrame(props: CardFrameProps) {
  const { t, language } = useLanguage();
  const [run, setRun] = useState(0);
  const [failure, setFailure] = useState<string | null>(null);
  const { extension, record } = props;
  const restart = (): void => {
    setFailure(null);
    setRun(run + 1);
  };
  const key = `${run}:${extension.uid}:${record?.type}:${record?.id}:${language}`;
  return (
    <section className="card-frame" aria-label={extension.title} data-card={extension.uid}>
      <header className="card-frame-head">
        <div>
          <h3>{extension.title}</h3>
          <span className="card-frame-app">{t('card.poweredBy', { app: extension.appName })}</span>
        </div>
        <button
          type="button"
          className="icon-button"
          aria-label={t('card.restart')}
          title={t('card.restart')}
          onClick={restart}
        >
          <Glyph name="refresh" size={15} />
        </button>
      </header>
      {failure !== null && (
        <div className="c-alert danger card-failure" role="alert">
          <Glyph name="x-circle" size={18} />
          <div>
            <strong>{t('card.failed')}</strong>
            <pre tabIndex={0}>{failure}</pre>
            <button type="button" className="c-button secondary sm" onClick={restart}>
              {t('card.restart')}
            </button>
          </div>
        </div>
      )}
      <RunningCard key={key} {...props} onFailure={setFailure} failed={failure !== null} />
    </section>
  );
}

type RunningCardProps = CardFrameProps & { readonly onFailure: (message: string) => void; readonly failed: boolean };

function RunningCard({ extension, record, revision, onFailure, failed }: RunningCardProps) {
  const { t, language } = useLanguage();
  const { portal } = usePortal();
  const showToast = useToast();
  const [receiver] = useState(() => createRemoteReceiver());
  const [controller] = useState(makeController);
  const [overlays] = useState(() => new OverlayRegistry());
  const [drawn, setDrawn] = useState(false);
  const [iframe, setIframe] = useState<IframeRequest | null>(null);
  const [log, setLog] = useState<readonly string[]>([]);
  const latest = useRef(record);
  latest.current = record;
  const connection = useRef<CardConnection | null>(null);

  useEffect(() => {
    const worker = new Worker(new URL('./card-worker.ts', import.meta.url), { name: extension.uid });
    const live: CardRecord | null = record && {
      type: record.type,
      id: record.id,
      properties: () => latest.current?.properties() ?? {},
      associations: () => latest.current?.associations() ?? { deals: [], companies: [], tickets: [] },
      refresh: async () => latest.current?.refresh(),
    };
    connection.current = new CardConnection({
      portal,
      extension,
      language,
      record: live,
      showToast,
      openIframe: setIframe,
      closeOverlay: (id) => overlays.close(id),
      onLog: (level, detail) => setLog((lines) => [...lines, logLine(level, detail)].slice(-LOG_LINES_MAX)),
      onCrash: onFailure,
    });
    worker.addEventListener('error', (event) => onFailure(event.message));
    receiver.on('mount', () => setDrawn(true));
    const timer = setTimeout(() => {
      if (receiver.state === 'unmounted') onFailure(t('card.slow'));
    }, FIRST_DRAWING_MS_MAX);
    const bundle = new URL(extension.bundleUrl, location.href).href;
    createEndpoint<WorkerApi>(worker)
      .call.run(bundle, connection.current.host(), receiver.receive)
      .catch((error: unknown) => onFailure(error instanceof Error ? error.message : String(error)));
    return () => {
      clearTimeout(timer);
      worker.terminate();
    };
  }, []);
  useEffect(() => connection.current?.propertiesChanged(), [revision]);

  return (
    <div className="card-body" lang={language}>
      {!drawn && !failed && <CardSkeleton label={t('state.loading')} />}
      <CardWordsContext.Provider value={t}>
        <OverlayRegistryContext.Provider value={overlays}>
          <RemoteRenderer receiver={receiver} controller={controller} />
        </OverlayRegistryContext.Provider>
      </CardWordsContext.Provider>
      {log.length > 0 && <CardLog lines={log} />}
      {iframe && (
        <Dialog
          title={iframe.title}
          closeLabel={t('action.close')}
          width="lg"
          onClose={() => {
            iframe.onClose();
            setIframe(null);
          }}
        >
          <iframe
            className="card-iframe"
            title={iframe.title || iframe.uri}
            src={iframe.uri}
            style={{ height: iframe.height }}
          />
        </Dialog>
      )}
    </div>
  );
}

/** What the card wrote with the SDK's logger; the oldest lines go first. */
function CardLog({ lines }: { readonly lines: readonly string[] }) {
  const { t } = useLanguage();
  return (
    <details className="card-log">
      <summary>{t('card.log', { n: lines.length })}</summary>
      <pre tabIndex={0}>{lines.join('\n')}</pre>
    </details>
  );
}

function CardSkeleton({ label }: { readonly label: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      <span style={{ width: '42%' }} />
      <span style={{ width: '88%' }} />
      <span style={{ width: '70%' }} />
      <span className="tall" />
    </div>
  );
}
