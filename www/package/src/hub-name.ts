/** What a model is called at a model hub: `owner/name` or `owner/name@revision`. */
export const HUB_NAME = /^[\w][\w.-]*\/[\w][\w.-]*(@[\w][\w./-]*)?$/;
