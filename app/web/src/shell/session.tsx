import type { Me } from '@counterpart/app/wire/workspace.ts';
import { createContext, type ReactNode, use } from 'react';

const Context = createContext<Me | null>(null);

export function SessionProvider({ me, children }: { readonly me: Me; readonly children: ReactNode }) {
  return <Context value={me}>{children}</Context>;
}

/** Who is signed in and what they may do. The server checks every request itself; this only decides what to offer. */
export function useSession(): Me {
  const session = use(Context);
  if (session === null) throw new Error('useSession needs a SessionProvider above it');
  return session;
}
