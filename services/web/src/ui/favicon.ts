/** Shows the favicon with a dot while something is unread. */
export function markFavicon(isUnread: boolean): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  const href = link?.dataset[isUnread ? 'unread' : 'plain'];
  if (link && href && link.getAttribute('href') !== href) link.href = href;
}
