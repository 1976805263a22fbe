"""Our own gr.HTML components: aspect picker, style picker, live preview, gallery."""
