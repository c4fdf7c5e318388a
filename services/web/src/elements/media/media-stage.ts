import type { Media } from '#contracts';
import { retryMedium } from '../../actions/media-actions';
import { downloadUrl } from '../../network/api';
import { fill, h } from '../../ui/dom';
import { formatWait } from '../../ui/format';
import { icon } from '../../ui/icons';
import { texts } from '../../ui/texts';
import { progressBar } from '../base/progress-bar';

/** Returns a key that changes when the stage has to be rebuilt. */
export function stageKey({ id, status, kind, round, previewUrl, flagged }: Media): string {
  return JSON.stringify([id, status, kind, round, previewUrl, flagged]);
}

/** Builds the viewer or player of a medium; before it is ready, or when it failed, a message. */
export function mediaStage(media: Media): HTMLElement {
  const stage = stageOf(media);
  return media.flagged && media.status === 'completed' ? covered(stage) : stage;
}

/** Blurs what moderation flagged until it is asked for. */
function covered(stage: HTMLElement): HTMLElement {
  const show = (): void => {
    delete stage.dataset['sensitive'];
    cover.remove();
  };
  const cover = h(
    'div',
    { class: 'stage-cover' },
    h('p', {}, texts.media.sensitive),
    h('button', { type: 'button', class: 'button', onclick: show }, icon('eye'), texts.media.showSensitive),
  );
  stage.dataset['sensitive'] = '';
  return h('div', { class: 'stage-sensitive' }, stage, cover);
}

function stageOf(media: Media): HTMLElement {
  if (media.status === 'failed') return failureCard(media);
  if (media.status !== 'completed') return waitingCard(media);
  if (media.kind === 'image') return imageViewer(media);
  if (media.kind === 'video') return videoPlayer(media);
  return soundPlayer(media);
}

/** Shows the reason of a failure, with retry and download. */
function failureCard(media: Media): HTMLElement {
  const retry = h(
    'button',
    { type: 'button', class: 'button primary', onclick: () => void retryMedium(media) },
    icon('retry'),
    texts.media.retry,
  );
  return h(
    'div',
    { class: 'stage-card failure', role: 'group', 'aria-label': texts.media.failedTitle },
    h('div', { class: 'empty-sign bad' }, icon('alert')),
    h('h2', {}, texts.media.failedTitle),
    h('p', { class: 'failure-message' }, media.failure?.message),
    h(
      'div',
      { class: 'button-row' },
      media.failure?.retryable ? retry : null,
      h('a', { class: 'button', href: downloadUrl(media), download: true }, texts.media.download),
    ),
  );
}

function waitingCard(media: Media): HTMLElement {
  const running = media.status === 'processing';
  const bar = progressBar(texts.upload.progressOf(media.title));
  bar.set(media.progress);
  return h(
    'div',
    { class: 'stage-card' },
    h('div', { class: 'empty-sign' }, icon(running ? 'sparkle' : 'clock')),
    h('h2', {}, running ? texts.media.processingTitle : texts.media.queuedTitle),
    h('p', {}, running ? texts.media.processingLead : queueText(media)),
    running ? bar.element : null,
  );
}

function queueText({ queue }: Media): string {
  if (!queue) return texts.media.queuedLead;
  const [low, high] = queue.etaSeconds.map(formatWait);
  return `${texts.upload.queuePosition(queue.position)} · ${texts.upload.eta(low ?? '', high ?? '')}`;
}

function imageViewer(media: Media): HTMLElement {
  const viewer = h('image-viewer', { class: 'stage-media' });
  viewer.media = media;
  viewer.unshowable = () => noPreview(media);
  return viewer;
}

function videoPlayer(media: Media): HTMLElement {
  const frame = h('div', { class: 'stage-media' });
  const video = h('video', {
    controls: true,
    preload: 'metadata',
    playsinline: true,
    poster: media.thumbnailUrl,
    'aria-label': media.title,
  });
  video.style.setProperty('--width', String(media.width ?? 16));
  video.style.setProperty('--height', String(media.height ?? 9));
  const sources = [...new Set([media.previewUrl, media.originalUrl])].filter((url) => url !== null);
  const tryNext = (): void => {
    const next = sources.shift();
    if (next) video.src = next;
    else fill(frame, noPreview(media));
  };
  video.addEventListener('error', tryNext);
  tryNext();
  frame.append(video);
  return frame;
}

function soundPlayer(media: Media): HTMLElement {
  const player = h('wave-player');
  player.media = media;
  return h('div', { class: 'stage-sound' }, media.thumbnailUrl ? coverArt(media.thumbnailUrl) : null, player);
}

/** Shows covers, which are about square; a wide picture is the waveform, which the player draws itself. */
function coverArt(url: string): HTMLElement {
  const cover = h('img', { class: 'sound-cover', src: url, alt: '', hidden: true });
  cover.addEventListener('load', () => {
    cover.hidden = cover.naturalWidth > cover.naturalHeight * 1.4;
  });
  return cover;
}

function noPreview(media: Media): HTMLElement {
  return h(
    'div',
    { class: 'stage-card' },
    h('div', { class: 'empty-sign' }, icon(media.kind)),
    h('p', {}, texts.media.noPreview),
  );
}
