import { svg } from './dom';

/** Strokes on a 24 × 24 grid. */
const paths = {
  home: ['M4 11 12 4l8 7', 'M6 9.5V20h12V9.5', 'M10 20v-5h4v5'],
  grid: ['M4 4h7v7H4z', 'M13 4h7v7h-7z', 'M4 13h7v7H4z', 'M13 13h7v7h-7z'],
  upload: ['M12 16V4', 'm7 9 5-5 5 5', 'M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3'],
  bell: ['M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z', 'M10 20.5a2 2 0 0 0 4 0'],
  user: ['M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8', 'M4.5 20.5a7.5 7.5 0 0 1 15 0'],
  logOut: ['M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8', 'M10 12h10', 'm17 8.5 3.5 3.5-3.5 3.5'],
  image: ['M4 5h16v14H4z', 'm4 16 4.5-4.5 4 4 2.5-2.5L20 17', 'M15.5 9.5h.01'],
  video: ['M4 6h11v12H4z', 'm15 10.5 5-3v9l-5-3z'],
  audio: ['M4 10v4', 'M8 7v10', 'M12 4v16', 'M16 8v8', 'M20 10.5v3'],
  trash: ['M4 7h16', 'M9 7V4h6v3', 'm6 7 1 13h10l1-13', 'M10 11v5', 'M14 11v5'],
  retry: ['M20 12a8 8 0 1 1-2.5-5.8', 'M20 4v4.5h-4.5'],
  close: ['m6 6 12 12', 'M18 6 6 18'],
  check: ['m5 12.5 4.5 4.5L19 7.5'],
  alert: ['M12 8v5', 'M12 16.5h.01', 'M12 3.5 2.5 20h19z'],
  clock: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18', 'M12 7v5l3.5 2'],
  search: ['M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14', 'm16 16 4.5 4.5'],
  download: ['M12 4v12', 'm7 11 5 5 5-5', 'M4 20h16'],
  plus: ['M12 5v14', 'M5 12h14'],
  minus: ['M5 12h14'],
  fit: ['M4 5h16v14H4z', 'M8.5 9h7v6h-7z'],
  full: ['M4 9V4h5', 'M15 4h5v5', 'M20 15v5h-5', 'M9 20H4v-5'],
  info: ['M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18', 'M12 11v5', 'M12 8h.01'],
  play: ['M7 4.5v15l12-7.5z'],
  pause: ['M8 5v14', 'M16 5v14'],
  left: ['m14.5 5-7 7 7 7'],
  right: ['m9.5 5 7 7-7 7'],
  down: ['m5 9 7 7 7-7'],
  camera: ['M3.5 8h4L9 5.5h6L16.5 8h4v11h-17z', 'M12 16.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6'],
  folder: ['M3.5 6h6l2 2.5h9V19h-17z'],
  sun: [
    'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8',
    'M12 2.5V4',
    'M12 20v1.5',
    'M2.5 12H4',
    'M20 12h1.5',
    'm5.3 5.3 1 1',
    'm17.7 17.7 1 1',
    'm18.7 5.3-1 1',
    'm6.3 17.7-1 1',
  ],
  moon: ['M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5'],
  screen: ['M3.5 5h17v11h-17z', 'M9 20h6', 'M12 16v4'],
  phone: ['M7 3h10v18H7z', 'M11 18h2'],
  eye: ['M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12', 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6'],
  offline: [
    'M3 3l18 18',
    'M8.5 15.5a5 5 0 0 1 7 0',
    'M5 12a10 10 0 0 1 4.5-2.5',
    'M19 12a10 10 0 0 0-5.5-2.8',
    'M12 19h.01',
  ],
  sparkle: ['M12 3.5 14 10l6.5 2-6.5 2-2 6.5-2-6.5L3.5 12 10 10z'],
} as const;

export type IconName = keyof typeof paths;

/** Decorative: the text beside it, or the label of its button, says what it means. */
export function icon(name: IconName): SVGElement {
  return svg(
    'svg',
    {
      class: `icon icon-${name}`,
      viewBox: '0 0 24 24',
      width: 20,
      height: 20,
      'aria-hidden': 'true',
      focusable: 'false',
    },
    ...paths[name].map((d) => svg('path', { d })),
  );
}

/** The mark of the product. */
export function brandMark(): SVGElement {
  return svg(
    'svg',
    { class: 'brand-mark', viewBox: '0 0 32 32', width: 32, height: 32, 'aria-hidden': 'true', focusable: 'false' },
    svg('rect', { class: 'brand-plate', width: 32, height: 32, rx: 9 }),
    svg('path', { class: 'brand-stream', d: 'M22.5 9.25h-8a4.25 4.25 0 0 0 0 8.5h3a2.5 2.5 0 0 1 0 5h-8' }),
    svg('circle', { class: 'brand-spark', cx: 23.5, cy: 21.5, r: 2.6 }),
  );
}
