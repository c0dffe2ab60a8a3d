import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './panels/app.js';
import { Desk } from './state/desk.js';
import { exposeTestHook } from './test-hook.js';
import './style.css';

const desk = new Desk();
exposeTestHook(desk);
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App desk={desk} />
  </StrictMode>,
);
