/** Drawn for this dashboard on a grid of 16, as strokes in the colour of the text. */
const DRAWINGS: Readonly<Record<string, string>> = {
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.5 10.5 14 14',
  browse: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
  index: 'M2 12.5h12M3.5 10V7M6.5 10V3.5M9.5 10V5.5M12.5 10V8',
  transfer: 'M5 13.5v-11M2.5 5 5 2.5 7.5 5M11 2.5v11M8.5 11l2.5 2.5 2.5-2.5',
  key: 'M10.5 2a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM8 8l-5.5 5.5M4.5 11.5 6 13',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1.5V3M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z',
  screen: 'M2 3h12v8H2zM5.5 13.5h5',
  plus: 'M8 3v10M3 8h10',
  edit: 'M10.5 3 13 5.5 6 12.5l-3 .5.5-3zM9 4.5 11.5 7',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 8.5h6l.5-8.5M7 7v3.5M9 7v3.5',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  open: 'M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.5 3.5 7.5 8.5',
  save: 'M3 3h8l2 2v8H3zM5.5 3v3h4V3M5.5 13V9.5h5V13',
  rebuild: 'M13 8a5 5 0 1 1-1.5-3.5L13 6M13 2.5V6H9.5',
  history: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3l2 1.5',
  upload: 'M8 10.5v-8M5 5.5l3-3 3 3M2.5 10.5v3h11v-3',
  download: 'M8 2.5v8M5 7.5l3 3 3-3M2.5 10.5v3h11v-3',
  warning: 'M8 2.5 14 13H2zM8 6.5v3M8 11.4v.1',
  docs: 'M3.5 2.5h6l3 3v8h-9zM9.5 2.5v3h3M5.5 8.5h5M5.5 11h3',
  back: 'M9.5 3.5 5 8l4.5 4.5',
};

/** The drawings, once a page; `Icon` and the scripts refer to them. */
export const IconSheet = () => (
  <svg class="icon-sheet" aria-hidden="true" width="0" height="0">
    {Object.entries(DRAWINGS).map(([name, path]) => (
      <symbol id={`icon-${name}`} viewBox="0 0 16 16">
        <path d={path} />
      </symbol>
    ))}
  </svg>
);

export const Icon = ({ name }: { readonly name: keyof typeof DRAWINGS }) => (
  <svg class="icon" aria-hidden="true" focusable="false">
    <use href={`#icon-${name}`} />
  </svg>
);
