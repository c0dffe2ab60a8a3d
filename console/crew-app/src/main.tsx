import { createRoot } from 'react-dom/client';
import { tokenAtStart } from './crew/sign-on.js';
import { App } from './screens/app.js';
import './style.css';

createRoot(document.querySelector('#root')!).render(<App firstToken={tokenAtStart()} />);

// absent where the page is not in a secure context
if (import.meta.env.PROD && 'serviceWorker' in navigator)
  navigator.serviceWorker.register('/crew-app/service-worker.js', { scope: '/crew-app/' }).catch(() => {});
