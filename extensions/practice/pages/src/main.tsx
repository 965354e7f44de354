import { createRoot } from 'react-dom/client';
import { LanguageProvider } from './portal/language.tsx';
import { ToastProvider } from './portal/toasts.tsx';
import { PortalApp } from './shell/portal-app.tsx';
import './style/tokens.css';
import './style/kit.css';
import './style/shell.css';
import './style/list.css';
import './style/record.css';
import './style/card.css';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root element.');

createRoot(root).render(
  <LanguageProvider>
    <ToastProvider>
      <PortalApp />
    </ToastProvider>
  </LanguageProvider>,
);
