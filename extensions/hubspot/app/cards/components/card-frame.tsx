/** Hands the host to every component below, and makes it once for the life of the card. */
import { createContext, useContext, useState, type ReactNode } from 'react';
import type { CardHost } from '../card-host.ts';

const HostContext = createContext<CardHost | null>(null);

export function CardFrame({ host, children }: { readonly host: CardHost; readonly children: ReactNode }) {
  const [kept] = useState(host);
  return <HostContext.Provider value={kept}>{children}</HostContext.Provider>;
}

export function useHost(): CardHost {
  const host = useContext(HostContext);
  if (host === null) throw new Error('A card component was rendered outside CardFrame.');
  return host;
}
