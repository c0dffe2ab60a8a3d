/** What the database process tells its parent. */
export type ChildMessage =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'ready' }
  | {
      readonly type: 'failed';
      readonly code: 'data_dir_in_use' | 'data_dir_unwritable' | 'embedded_failed';
      readonly detail: string;
    };
