import { Icon } from './icons.tsx';

/** An entry beside the list it was opened from. */
export const EntryDrawer = ({ base }: { readonly base: string }) => (
  <dialog id="drawer" class="drawer" aria-label="Entry">
    <div class="drawer-bar">
      <a id="drawer-link" class="button quiet" href={`${base}/`}>
        <Icon name="open" />
        <span>Open as page</span>
      </a>
      <button type="button" id="drawer-close" class="button quiet icon-only" aria-label="Close">
        <Icon name="close" />
      </button>
    </div>
    <div
      id="drawer-body"
      class="drawer-body"
      tabindex={0}
      role="group"
      aria-label="The entry"
      autofocus
    ></div>
  </dialog>
);
