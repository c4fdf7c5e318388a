import { AppNav } from './app-nav';
import { ConnectionBanner } from './connection-banner';
import { DropVeil } from './drop-veil';
import { ImageViewer } from './image-viewer';
import { MediaCard } from './media-card';
import { NoteRow } from './note-row';
import { PasswordMeter } from './password-meter';
import { SessionList } from './session-list';
import { StorageMeter } from './storage-meter';
import { TagField } from './tag-field';
import { ThemeSwitch } from './theme-switch';
import { ToastRegion } from './toast-region';
import { UploadFold } from './upload-fold';
import { UploadRow } from './upload-row';
import { UploadTray } from './upload-tray';
import { VirtualGrid } from './virtual-grid';
import { VirtualList } from './virtual-list';
import { WavePlayer } from './wave-player';

const elements = {
  'app-nav': AppNav,
  'connection-banner': ConnectionBanner,
  'drop-veil': DropVeil,
  'image-viewer': ImageViewer,
  'media-card': MediaCard,
  'note-row': NoteRow,
  'password-meter': PasswordMeter,
  'session-list': SessionList,
  'storage-meter': StorageMeter,
  'tag-field': TagField,
  'theme-switch': ThemeSwitch,
  'toast-region': ToastRegion,
  'upload-fold': UploadFold,
  'upload-row': UploadRow,
  'upload-tray': UploadTray,
  'virtual-grid': VirtualGrid,
  'virtual-list': VirtualList,
  'wave-player': WavePlayer,
};

/** Defines every element at one moment: importing one has no side effect. */
export function defineElements(): void {
  for (const [name, element] of Object.entries(elements)) customElements.define(name, element);
}
