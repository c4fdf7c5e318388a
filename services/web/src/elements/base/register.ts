import { PasswordMeter } from '../account/password-meter';
import { StorageMeter } from '../account/storage-meter';
import { MediaCard } from '../library/media-card';
import { VirtualGrid } from '../library/virtual-grid';
import { ImageViewer } from '../media/image-viewer';
import { TagField } from '../media/tag-field';
import { WavePlayer } from '../media/wave-player';
import { NoteRow } from '../notes/note-row';
import { DropOverlay } from '../upload/drop-overlay';
import { UploadFold } from '../upload/upload-fold';
import { UploadRow } from '../upload/upload-row';
import { UploadTray } from '../upload/upload-tray';
import { AppNav } from './app-nav';
import { ConnectionBanner } from './connection-banner';
import { ToastRegion } from './toast-region';
import { VirtualList } from './virtual-list';

const elements = {
  'app-nav': AppNav,
  'connection-banner': ConnectionBanner,
  'drop-overlay': DropOverlay,
  'image-viewer': ImageViewer,
  'media-card': MediaCard,
  'note-row': NoteRow,
  'password-meter': PasswordMeter,
  'storage-meter': StorageMeter,
  'tag-field': TagField,
  'toast-region': ToastRegion,
  'upload-fold': UploadFold,
  'upload-row': UploadRow,
  'upload-tray': UploadTray,
  'virtual-grid': VirtualGrid,
  'virtual-list': VirtualList,
  'wave-player': WavePlayer,
};

/** Defines the custom elements of every page; `pages/later.ts` has the others. Importing one has no side effect. */
export function defineElements(): void {
  for (const [name, element] of Object.entries(elements)) customElements.define(name, element);
}
