import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './workspace.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { isRefusal } from './api/workspace-api.ts';
import { Workspace } from './shell/Workspace.tsx';
import { theme } from './theme.ts';

const RETRIES_MAX = 2;
const queries = new QueryClient({
  defaultOptions: {
    // Without a connection a request fails and says so, rather than waiting in silence.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      retry: (count, error) => count < RETRIES_MAX && !isRefusal(error),
    },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Notifications position="bottom-right" />
        <Workspace />
      </MantineProvider>
    </QueryClientProvider>
  </StrictMode>,
);
